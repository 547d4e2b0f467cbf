using System.Reflection;
using System.Reflection.Emit;

namespace SidecarPatterns.Tests;

/// <summary>Which exceptions come out of a method.</summary>
/// <remarks>
/// Those that it makes to throw them, by itself or by a check that is named <c>ThrowIf...</c>; and of the private methods of its type that it calls those that
/// say that an argument is wrong, since they are thrown to be seen by who gave it. Of others nobody can say here which of them are caught.
/// </remarks>
internal static class ThrownExceptions
{
    private const string Check = "ThrowIf";

    public static IEnumerable<Type> Of(MethodBase method) => Of(method, []).Distinct();

    private static List<Type> Of(MethodBase method, HashSet<MethodBase> seen) =>
        seen.Add(method) ? [.. Bytecode.CallsOf(method).SelectMany(call => OfCall(call, method, seen))] : [];

    private static IEnumerable<Type> OfCall((OpCode OpCode, MethodBase Method) call, MethodBase caller, HashSet<MethodBase> seen)
    {
        var type = call.Method.DeclaringType!;
        var isCheck = call.Method.Name.StartsWith(Check, StringComparison.Ordinal);
        if (type.IsAssignableTo(typeof(Exception)))
        {
            return call.OpCode == OpCodes.Newobj ? [type]
                : !isCheck ? []
                : call.Method.Name.StartsWith("ThrowIfNullOr", StringComparison.Ordinal) ? [type, typeof(ArgumentNullException)]
                : [type];
        }

        if (type == typeof(CancellationToken))
        {
            return isCheck ? [typeof(OperationCanceledException)] : [];
        }

        return isCheck && type.Assembly == caller.DeclaringType!.Assembly ? Of(call.Method, seen)
            : call.Method.IsPrivate && type == caller.DeclaringType ? Of(call.Method, seen).Where(static thrown => thrown.IsAssignableTo(typeof(ArgumentException)))
            : [];
    }
}
