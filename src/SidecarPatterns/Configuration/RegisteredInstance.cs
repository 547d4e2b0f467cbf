using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns;

/// <summary>Finds what registrations share while the container is not built yet: an instance in the collection itself.</summary>
internal static class RegisteredInstance
{
    /// <summary>The instance of a type, or <see langword="null"/> if none was added.</summary>
    public static T? FindInstance<T>(this IServiceCollection services)
        where T : class
    {
        foreach (var descriptor in services)
        {
            if (descriptor.ServiceType == typeof(T))
            {
                return (T)descriptor.ImplementationInstance!;
            }
        }

        return null;
    }
}
