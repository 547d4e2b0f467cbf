using System.Reflection;

namespace SidecarPatterns.Tests;

/// <summary>The names that members have in an XML documentation file.</summary>
internal static class DocumentationId
{
    public static string Of(Type type) => "T:" + NameOf(type);

    public static string Of(FieldInfo field) => $"F:{NameOf(field.DeclaringType!)}.{field.Name}";

    public static string Of(PropertyInfo property) =>
        $"P:{NameOf(property.DeclaringType!)}.{property.Name}{ParametersOf(property.GetIndexParameters())}";

    public static string Of(MethodBase method)
    {
        var arity = method.IsGenericMethod ? $"``{method.GetGenericArguments().Length}" : "";
        return $"M:{NameOf(method.DeclaringType!)}.{method.Name.Replace('.', '#')}{arity}{ParametersOf(method.GetParameters())}";
    }

    private static string ParametersOf(ParameterInfo[] parameters) => parameters.Length == 0
        ? ""
        : $"({string.Join(',', parameters.Select(static parameter => UseOf(parameter.ParameterType)))})";

    // As it is declared: a nested type stands behind its outer one, a generic one has its arity.
    private static string NameOf(Type type) => type.FullName!.Replace('+', '.');

    // As it is used: a generic one has its arguments.
    private static string UseOf(Type type)
    {
        if (type.IsByRef)
        {
            return UseOf(type.GetElementType()!) + "@";
        }

        if (type.IsArray)
        {
            return UseOf(type.GetElementType()!) + "[]";
        }

        if (type.IsGenericParameter)
        {
            return (type.DeclaringMethod is null ? "`" : "``") + type.GenericParameterPosition;
        }

        if (!type.IsGenericType)
        {
            return NameOf(type);
        }

        var open = NameOf(type.GetGenericTypeDefinition());
        return $"{open[..open.IndexOf('`', StringComparison.Ordinal)]}{{{string.Join(',', type.GetGenericArguments().Select(UseOf))}}}";
    }
}
